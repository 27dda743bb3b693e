import CLoop
import Glibc

// A function of the same user must not read tokens and keys out of this process.
warden_hide_memory()
Descriptors.raiseLimit()
let words = Array(CommandLine.arguments.dropFirst())
let status = await Program.run(words, environment: Program.environment)
Console.shared.flush()
exit(status)
