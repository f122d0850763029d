use crate::workspace::Workspace;
use anyhow::Result;
use std::process::ExitCode;
pub fn test(_: &Workspace) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
pub fn demo(_: &Workspace, _: &[String]) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
pub fn bench(_: &Workspace, _: &[String]) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
