// The program begins here.
let programName = CommandLine.arguments.first
