// Has one program run over a web socket, as a page does: sends the first line of the input as the only frame, and says every frame
// that comes as a line {"frame": ...}, every ping as {"ping": true}, and the end as {"closed": code}. A later line of the input is
// sent as it is; the end of the input closes the socket.
import { createInterface } from "node:readline";
import WebSocket from "ws";

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const input = createInterface({ input: process.stdin });
let socket;

function open({ url, send }) {
  socket = new WebSocket(url);
  socket.on("open", () => socket.send(send));
  socket.on("message", (data) => say({ frame: JSON.parse(data.toString()) }));
  socket.on("ping", () => say({ ping: true }));
  socket.on("error", (error) => say({ error: String(error.message) }));
  socket.on("close", (code) => {
    say({ closed: code });
    process.exit(0);
  });
}

input.on("line", (line) => (socket ? socket.send(JSON.parse(line)) : open(JSON.parse(line))));
input.once("close", () => process.exit(0));
