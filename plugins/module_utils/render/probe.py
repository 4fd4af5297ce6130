# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health check of an image: a program of its own, since there is no shell and librespot has no option for it.

It asks what `host.liveness` asks, from within the container. In another container of the same image it only waits, and
so keeps a network.
"""

from __future__ import annotations

REFUSED = "refused"
"""Its argument when it shall try what the container's filter of system calls refuses, instead of asking."""
NOT_REFUSED = 1
"""Its status when a call that it tries is not refused."""

SOURCE = r"""// Copyright: hardened.librespot contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

//! Exits with 0 when the librespot of this container answers getInfo at the port that is its argument; or, asked for
//! what is `refused`, when each of some system calls fails with EPERM, as it does by the filter of the container alone.
//! With `hold` it waits until it is told to end.

use std::error::Error;
use std::ffi::{c_char, c_int, c_uint};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_ANSWER: u64 = 65536;

fn ask(port: u16) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /?action=getInfo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}

const SIGINT: c_int = 2;
const SIGTERM: c_int = 15;

const EPERM: i32 = 1;
const AF_NETLINK: c_int = 16;
const SOCK_RAW: c_int = 3;
const NETLINK_KOBJECT_UEVENT: c_int = 15;

extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    fn inotify_init1(flags: c_int) -> c_int;
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn fork() -> c_int;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
}

fn child() -> c_int {
    // SAFETY: this is the only thread; the child does nothing but end, and is waited for.
    unsafe {
        let made = fork();
        if made == 0 {
            _exit(0);
        }
        if made > 0 {
            waitpid(made, std::ptr::null_mut(), 0);
        }
        made
    }
}

/// Makes calls that the kernel, and the filters of engines, grant to everyone, and says which were not refused.
fn refused() -> bool {
    // SAFETY: each makes at most a descriptor, which ends with this program.
    let calls: [(&str, fn() -> c_int); 4] = [
        ("a process", child),
        ("a file in memory, which could be executed", || unsafe { memfd_create(c"probe".as_ptr(), 0) }),
        ("a watch on files", || unsafe { inotify_init1(0) }),
        ("a socket for the kernel's events", || unsafe { socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT) }),
    ];
    let mut all = true;
    for (name, call) in calls {
        let made = call();
        if made >= 0 || io::Error::last_os_error().raw_os_error() != Some(EPERM) {
            eprintln!("not refused: {name}");
            all = false;
        }
    }
    all
}

extern "C" fn end(_number: c_int) {
    // SAFETY: signal-safety(7) has _exit among what a handler may call.
    unsafe { _exit(0) }
}

fn hold() -> ! {
    // The first process of a container ignores every signal that it has no handler for.
    for number in [SIGINT, SIGTERM] {
        // SAFETY: the handler is as signal(2) wants it, and does nothing but end the process.
        unsafe { signal(number, end) };
    }
    loop {
        std::thread::park();
    }
}

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    match argument.as_deref() {
        Some("hold") => hold(),
        Some("refused") => return if refused() { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        _ => (),
    }
    let port = argument.and_then(|text| text.parse().ok());
    match port.map(ask) {
        Some(Ok(answer)) if answer.contains("\"remoteName\"") => return ExitCode::SUCCESS,
        Some(Ok(_)) => eprintln!("the answer is not librespot's"),
        Some(Err(error)) => eprintln!("no answer: {error}"),
        None => eprintln!("usage: librespot-probe PORT | refused | hold"),
    }
    ExitCode::FAILURE
}
"""

FLAGS = (
    "--edition=2021",
    "--crate-name=librespot_probe",
    "-Copt-level=s",
    "-Clto=fat",
    "-Ccodegen-units=1",
    "-Cpanic=abort",
    "-Cstrip=symbols",
    "-Clink-arg=-Wl,-z,relro,-z,now",
)
"""How it is compiled: small, and as hardened as librespot itself."""
