// Copyright: hardened.librespot contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

//! Plays one local file by librespot's own player, with its threads, decoder, converter and sink, and ends.
//!
//! Takes the place of the example of the same name in librespot's crate, so that it is linked with what librespot is
//! linked with. The player finds a local file by its tags, and takes the kind of it from its content.

use std::{
    env,
    error::Error,
    fs::{self, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use librespot::{
    core::{SpotifyUri, config::SessionConfig, session::Session},
    playback::{
        audio_backend,
        config::{AudioFormat, PlayerConfig},
        mixer::NoOpVolume,
        player::{Player, PlayerEvent},
    },
};

type Failure = Box<dyn Error>;

/// Passes *path* through a temporary file, as librespot's fetcher does with what it downloads.
fn fetched(path: &Path) -> Result<(), Failure> {
    let wanted = fs::read(path)?;
    let temporary = env::temp_dir().join(".tmpharness");
    let mut written = OpenOptions::new().read(true).write(true).create_new(true).open(&temporary)?;
    written.set_len(wanted.len() as u64)?;
    let mut read = fs::File::open(&temporary)?;
    fs::remove_file(&temporary)?;
    let half = wanted.len() / 2;
    written.seek(SeekFrom::Start(half as u64))?;
    written.write_all(&wanted[half..])?;
    written.seek(SeekFrom::Start(0))?;
    written.write_all(&wanted[..half])?;
    let mut found = Vec::new();
    read.read_to_end(&mut found)?;
    if found == wanted { Ok(()) } else { Err("the temporary file is not what was written to it".into()) }
}

/// Plays *uri*, with a pause at its beginning.
async fn play(directory: PathBuf, uri: &str, backend: String, device: Option<String>) -> Result<(), Failure> {
    let uri = SpotifyUri::from_uri(uri)?;
    let open = audio_backend::find(Some(backend)).ok_or("librespot was built without this backend")?;
    let config = PlayerConfig { local_file_directories: vec![directory], ..Default::default() };
    let session = Session::new(SessionConfig::default(), None);
    let player = Player::new(config, session, Box::new(NoOpVolume), move || open(device, AudioFormat::S16));
    let mut events = player.get_player_event_channel();
    player.load(uri, true, 0);
    let mut paused = false;
    while let Some(event) = events.recv().await {
        match event {
            PlayerEvent::Playing { .. } if !paused => {
                paused = true;
                player.pause();
                player.play();
            }
            // The player pauses by itself when the sink fails; what it says of it is in its log.
            PlayerEvent::Paused { .. } if !paused => return Err("the sink failed".into()),
            PlayerEvent::EndOfTrack { .. } => return Ok(()),
            PlayerEvent::Unavailable { .. } => return Err("the player has no such file".into()),
            _ => {}
        }
    }
    Err("the player ended".into())
}

#[tokio::main]
async fn main() -> ExitCode {
    env_logger::init();
    let mut arguments = env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == "abort") {
        std::process::abort();
    }
    let (Some(path), Some(uri), Some(backend)) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: play FILE URI BACKEND [DEVICE], or play abort");
        return ExitCode::FAILURE;
    };
    let path = PathBuf::from(path);
    let directory = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    let played = match fetched(&path) {
        Ok(()) => play(directory, &uri, backend, arguments.next()).await,
        Err(error) => Err(error),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
