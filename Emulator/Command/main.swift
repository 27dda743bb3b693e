import Glibc

let words = Array(CommandLine.arguments.dropFirst())
let status = await Program.run(words, environment: Program.environment)
Console.shared.flush()
exit(status)
