# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health check of an image: a program of its own, since there is no shell and librespot has no option for it.

It asks what `host.liveness` asks, from within the container. In another container of the same image it only waits, and
so keeps a network.
"""

from __future__ import annotations

SOURCE = r"""// Copyright: hardened.librespot contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

//! Exits with 0 when the librespot of this container answers getInfo at the port that is its argument; with `hold` it
//! waits until it is told to end.

use std::error::Error;
use std::ffi::c_int;
use std::io::{Read, Write};
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

extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn _exit(status: c_int) -> !;
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
    if argument.as_deref() == Some("hold") {
        hold();
    }
    let port = argument.and_then(|text| text.parse().ok());
    match port.map(ask) {
        Some(Ok(answer)) if answer.contains("\"remoteName\"") => return ExitCode::SUCCESS,
        Some(Ok(_)) => eprintln!("the answer is not librespot's"),
        Some(Err(error)) => eprintln!("no answer: {error}"),
        None => eprintln!("usage: librespot-probe PORT | hold"),
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
