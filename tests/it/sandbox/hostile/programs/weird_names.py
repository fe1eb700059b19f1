# Names that other programs might stumble over.
# class: ok
# collect: -rf ..x
# kept: -rf
import os
for name in [b'-rf', b'a\nb', b'\xff\xfe', b'\x1b[2J', b' ', b'x' * 255, '\u202egpj.exe'.encode(), b'$(reboot)', b'*', b"';--"]:
    open(b'/w/' + name, 'w').close()
