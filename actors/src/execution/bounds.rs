//! Limits that whoever runs a program on the command line sets by name: `cpu=2s`, `memory=64MiB`.

use std::time::Duration;

use super::sandbox::Limits;

/// What to change of the limits of a program. Nothing is changed where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Processor time. Unless `wall` is said, time on the clock follows from it.
    pub cpu: Option<Duration>,
    /// Time on the clock.
    pub wall: Option<Duration>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Bytes, in whole pages of 4 KiB.
    pub disk: Option<u64>,
    /// Bytes of each stream.
    pub output: Option<u64>,
    pub processes: Option<u64>,
    /// Files and folders.
    pub files: Option<u64>,
}

const NAMES: &str = "cpu, wall, memory, disk, output, processes, files";
const HOUR: Duration = Duration::from_secs(3600);

impl Bounds {
    /// Takes one more, `name=value`. Times are seconds, or have `s` or `ms` behind them; sizes are bytes, or have `KiB`, `MiB` or `GiB`.
    ///
    /// # Errors
    /// A sentence with what can be written instead.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is no limit: write name=value; the names are {NAMES}"))?;
        match name {
            "cpu" => self.cpu = Some(time(name, value)?),
            "wall" => self.wall = Some(time(name, value)?),
            "memory" => self.memory = Some(size(name, value, 1 << 20)?),
            "disk" => self.disk = Some(size(name, value, 4096)?),
            "output" => self.output = Some(size(name, value, 1)?),
            "processes" => self.processes = Some(count(name, value)?),
            "files" => self.files = Some(count(name, value)?),
            _ => return Err(format!("there is no limit `{name}`; the names are {NAMES}")),
        }
        Ok(())
    }

    /// The limits with the changes.
    #[must_use]
    pub fn apply(&self, limits: Limits) -> Limits {
        let cpu = self.cpu.unwrap_or(limits.cpu);
        let derived = if self.cpu.is_some() { cpu * 3 + Duration::from_secs(2) } else { limits.wall };
        Limits {
            cpu,
            wall: self.wall.unwrap_or(derived),
            memory_bytes: self.memory.unwrap_or(limits.memory_bytes),
            disk_bytes: self.disk.unwrap_or(limits.disk_bytes),
            output_bytes: self.output.unwrap_or(limits.output_bytes),
            processes: self.processes.unwrap_or(limits.processes),
            file_count: self.files.unwrap_or(limits.file_count),
            ..limits
        }
    }
}

fn time(name: &str, value: &str) -> Result<Duration, String> {
    let (number, unit) = split(value);
    let seconds = match unit {
        "" | "s" => number.parse::<f64>().ok(),
        "ms" => number.parse::<f64>().ok().map(|milliseconds| milliseconds / 1000.0),
        _ => None,
    };
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let fits = |time: &Duration| (Duration::from_millis(1)..=HOUR).contains(time);
    time.filter(fits).ok_or_else(|| format!("`{name}={value}`: write a time from 1ms to 3600s, such as 2s or 500ms"))
}

fn size(name: &str, value: &str, least: u64) -> Result<u64, String> {
    let (number, unit) = split(value);
    let shift = match unit {
        "" | "B" => Some(0),
        "KiB" => Some(10),
        "MiB" => Some(20),
        "GiB" => Some(30),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(shift).and_then(|(number, shift)| number.checked_mul(1 << shift));
    let fits = |bytes: &u64| (least..=1 << 40).contains(bytes);
    bytes.filter(fits).ok_or_else(|| {
        format!("`{name}={value}`: write a size from {least} bytes to 1024GiB, in bytes or such as 64MiB")
    })
}

fn count(name: &str, value: &str) -> Result<u64, String> {
    let number = value.parse::<u64>().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or_else(|| format!("`{name}={value}`: write a number from 1 to 1000000"))
}

fn split(value: &str) -> (&str, &str) {
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    value.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Result<Limits, String> {
        let mut bounds = Bounds::default();
        texts.iter().try_for_each(|text| bounds.set(text))?;
        Ok(bounds.apply(Limits::default()))
    }

    #[test]
    fn limits_are_set_by_name() {
        let limits = set(&["cpu=500ms", "memory=64MiB", "output=100", "disk=1MiB", "processes=3", "files=9"]).unwrap();
        assert_eq!((limits.cpu, limits.wall), (Duration::from_millis(500), Duration::from_millis(3500)));
        assert_eq!((limits.memory_bytes, limits.output_bytes, limits.disk_bytes), (64 << 20, 100, 1 << 20));
        assert_eq!((limits.processes, limits.file_count), (3, 9));
        assert_eq!(set(&["wall=1.5"]).unwrap().wall, Duration::from_millis(1500));
        assert_eq!(set(&[]), Ok(Limits::default()));
    }

    #[test]
    fn what_cannot_be_a_limit_is_told() {
        for (text, said) in [
            ("cpu", "write name=value"),
            ("time=1", "cpu, wall, memory, disk, output, processes, files"),
            ("cpu=0", "from 1ms"),
            ("cpu=1h", "such as 2s"),
            ("wall=-1", "from 1ms"),
            ("memory=64MB", "such as 64MiB"),
            ("memory=1", "from 1048576 bytes"),
            ("output=99999999999GiB", "1024GiB"),
            ("processes=many", "a number"),
        ] {
            let told = set(&[text]).expect_err(text);
            assert!(told.contains(said), "{text}: {told}");
        }
    }
}
