import { runCommandLine } from '@engine/commands/commandLine'
import { processTerminal } from '@engine/commands/terminal'

/** Entry of the headless command: its options, outputs and exit codes are a contract with scripts outside the project. */

// TensorFlow's notes about the processor are no errors; its warnings and errors still come.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1'

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal())
