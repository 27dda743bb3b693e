/// The texts of `--help`.
enum Usage {
  static func text(_ topic: Command.Topic?) -> String {
    switch topic {
    case nil: overview
    case .start: start
    case .invoke: invoke
    case .token: token
    case .package: package
    case .smoke: smoke
    case .state: state
    case .logs: logs
    case .cost: cost
    case .knowledge: knowledge
    case .evaluate: evaluate
    case .version: "martlet version\n\nPrints the version."
    }
  }

  private static let overview = """
    martlet: a serverless cloud on your desk

    martlet start                       play the cloud that template.json describes
    martlet invoke ROUTE --event FILE   run one function with one event
    martlet token --user NAME           print a token to sign in with
    martlet package [FUNCTION…]         make the zip files that sam deploy uploads
    martlet smoke URL                   try a deployed stack: health, page, one turn
    martlet state ACTION                check, export, import or reset what is kept
    martlet logs [FUNCTION]             show what functions wrote, also while they write it
    martlet cost [URL]                  what a tenant uses, and what the month will come to
    martlet knowledge add FILE...       teach the assistants your own documents
    martlet evaluate ASSISTANT          how well an assistant answers the questions of a file
    martlet version                     print the version

    `martlet COMMAND --help` explains a command.
    """

  private static let place = """
      --template FILE      the template (template.json)
      --dir FOLDER         where the state is kept (.martlet beside the template)
    """

  private static let start = """
    martlet start [--port N] [--service-port N] [--dir FOLDER | --state :memory:] [--json]

    Plays the cloud that the template describes, on this machine only: API Gateway's WebSocket and
    HTTP APIs on one port; DynamoDB, S3, Secrets Manager, Lambda and a stand-in for a language
    model on another. Functions run as they would in Lambda. Ctrl-C ends everything; a second
    Ctrl-C ends it at once.

      --port N             where the APIs and the page are (3000); 0 takes a free port
      --service-port N     where the services are (4566); 0 takes a free port
    \(place)
      --build FOLDER       where bootstrap lies (the template's Metadata.Martlet.Build)
      --state :memory:     keep nothing
      --durability KIND    normal (a killed program loses nothing) or full (nor does a power cut)
      --ttl-sweep SECONDS  how often expired items of tables are deleted (60; 0.2 at least)
      --script FILE        answers of the model stand-in, written in JSON
      --seed FOLDER        put into the stores what the folder holds and they do not (docs/services.md)
      --check-signatures   refuse requests to the services that are not signed with the access key
                           AWS_ACCESS_KEY_ID and the secret AWS_SECRET_ACCESS_KEY of the
                           environment (test and test without them) for AWS_REGION (us-east-1)
      --cors ORIGIN,…      let pages of these origins use the services; * lets in all
      --json               print one JSON line when ready:
                           gateway, websocket, services, page, token, pid

    Model providers are played by stand-ins. With the key or the address of one in the environment
    (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, GOOGLE_SERVICE_ACCOUNT,
    AWS_BEARER_TOKEN_BEDROCK, OPENAI_BASE_URL, …) the functions speak to that service; LLM_PROVIDER
    says who answers, such as anthropic,openai. docs/configuration.md has them all.
    """

  private static let invoke = """
    martlet invoke ROUTE --event FILE [--dir FOLDER | --state :memory:]

    Runs one function with one event and prints its response alone on standard output; its log,
    the REPORT line and frames it posts go to standard error. It works on the same state as
    `martlet start`, also while that runs.

    ROUTE is a handler's name (chat) or a function's name in the template (ChatFunction).

      --event FILE         the event as JSON; - reads standard input. In it MARTLET_TOKEN stands for
                           a fresh token of the user developer, who also owns the connection
                           that the event names, MARTLET_ADMIN_TOKEN for one with the role admin
    \(place)
      --build FOLDER       where bootstrap lies (the template's Metadata.Martlet.Build)
      --state :memory:     begin with empty stores and keep nothing

    Exit status: 0 the function answered, 1 it failed, 2 the command was wrong, 124 it timed out.
    """

  private static let state = """
    martlet state check | export FOLDER | import FOLDER | reset [--dir FOLDER]

    Looks after the state: tables, objects, secrets and whatever else the services keep.

      check                whether the database is sound and every object's bytes are there
      export FOLDER        write it all to a new folder: state.jsonl and the bytes of objects
      import FOLDER        read such a folder into a state that is empty
      reset                remove everything that is kept

    check and export also work while `martlet start` runs; import and reset need the state to
    themselves.

    \(place)

    Exit status: 0 done, 1 the state is damaged, 2 the command was wrong or cannot be carried out.
    """

  private static let logs = """
    martlet logs [FUNCTION] [--follow] [--filter PATTERN] [--lines N] [--dir FOLDER]

    Prints the newest lines of the functions' log, which CloudWatch Logs keeps in
    /aws/lambda/FUNCTION, with their time (UTC); of all log groups without a name. Works before,
    during and after `martlet start`.

    FUNCTION is a function's name in the template (ChatFunction), a handler's (chat), or a log
    group's, which begins with /.

      --follow             go on with the lines that come, until Ctrl-C
      --filter PATTERN     only lines that fit a filter pattern of CloudWatch Logs: words that all
                           have to be there, "a phrase", ?one ?or ?other, -without, %expression%,
                           { $.level = "ERROR" }, [ip, user, status = 5*]
      --lines N            how many lines to begin with (100; 0 to 10000)
    \(place)
    """

  private static let cost = """
    martlet cost [URL] [--month YYYY-MM] [--tenant NAME] [--token TOKEN] [--json] [--dir FOLDER]

    Shows what a tenant used in a month by day, model and person: turns, tokens, US dollars; and what
    the month comes to when it goes on like this. docs/cost.md says how it is counted.

    URL is that of the HTTP API (http://127.0.0.1:3000, where `martlet start` has it).

      --month YYYY-MM      another month than this one (UTC)
      --token TOKEN        an administrator's, for a deployed stack; better in the environment as
                           MARTLET_TOKEN. Without one it is made with the state's key
      --tenant NAME        whose use, when the token is made here (default)
      --json               print what the API answered
    \(place)

    Exit status: 0 done, 2 the command was wrong or the stack does not answer.
    """

  private static let knowledge = """
    martlet knowledge add FILE... [--tags A,B] [--owner USER] [--limit N]
    martlet knowledge list | search QUESTION | remove ID... | rebuild

    Adds documents for the assistants to answer from, shows and removes them, through the HTTP API of
    a running `martlet start` or of a deployed stack. Read are .md, .txt, .csv (a row is a document),
    .jsonl (a line is one) and .pdf (by poppler's pdftotext), and the files of folders. What is there
    already is not added again: after an interrupt the same command goes on. What cannot be read is
    said and left out; the exit status is then 1. `rebuild` makes the search index anew, as after a
    change of the embedder. docs/knowledge.md tells more.

      --url ADDRESS        where the HTTP API is (http://127.0.0.1:3000)
      --token TOKEN        an administrator's (one made with the state's key)
      --tenant NAME        whose documents, with the state's key (default)
      --owner USER         the one user who may find what is added
      --type NAME          what kind of documents; a search finds only these
      --tags A,B           put on all that is added; a search finds only what has them all
      --limit N            documents to add or list, passages to find, at the most
      --batch N            documents in a request (20; 1 to 100)
    \(place)
    """

  private static let evaluate = """
    martlet evaluate ASSISTANT [--questions FILE] [--variant NAME [--variant NAME]] [--url ADDRESS]

    Asks a running stack the questions of a file and says how good the answers are: accuracy by
    expected facts and forbidden claims, hits of the search, right tools, times, tokens and cost.
    With two versions both get every question, and the difference is told with its interval.
    docs/evaluation.md explains figures and format. Ctrl-C ends with what there is so far.

      --questions FILE     the question file (evaluation/ASSISTANT.jsonl beside the template)
      --variant NAME       the version that is asked (what the feature flags say); two are compared
      --url ADDRESS        where the HTTP API is (http://127.0.0.1:3000)
      --token TOKEN        who asks; better in the environment as MARTLET_TOKEN. On this machine it
                           is made with the state's key; elsewhere give an administrator's
      --only NAME,…        questions with this id or tag
      --limit N            the first N questions
      --concurrency N      questions at a time (4; 1 to 32)
      --timeout SECONDS    for one answer (60)
      --answers FILE       keep the answers; the same command then asks only what is missing
      --html FILE          write the report as a page
      --json FILE          write it as JSON; - prints it, and nothing else
      --minimum-accuracy X exit with 1 when the accuracy is under X (0 to 1)
      --price IN/OUT[/CACHED]  US dollars per million tokens, instead of the stack's prices
    \(place)

    Exit status: 0 done, 1 nothing was answered or the accuracy is too low, 2 the command or a file
    was wrong, 130 broken off.
    """

  private static let token = """
    martlet token --user NAME [--role admin] [--tenant NAME] [--dir FOLDER | --key FILE]

    Prints a token that is good for 12 hours, and nothing else. Its key is part of the state, so
    this works before, during and after `martlet start`. For a deployed stack give that stack's
    key with --key.

      --user NAME          whom the token names
      --role ROLE          user (the default) or admin
      --tenant NAME        the user's tenant (default)
      --key FILE           sign with the key in this file; - reads standard input
    \(place)
    """

  private static let package = """
    martlet package [FUNCTION…] [--template FILE] [--build FOLDER] [--time-zone NAME,…] [--no-loader]

    Makes a function's deployment package where the template's CodeUri looks for it
    (.build/package/FUNCTION.zip): bootstrap, stripped; the libraries it loads, those it opens while
    it runs and the loader among them; this machine's certificates; the files of
    Metadata.Martlet.Files. The same input gives the same bytes. Without a name: all functions.

    FUNCTION is a function's name in the template (ChatFunction) or a handler's (chat).

      --template FILE      the template (template.json)
      --build FOLDER       where bootstrap lies (the template's Metadata.Martlet.Build)
      --time-zone NAME,…   pack the files of these zones (Asia/Tokyo) beside that of WORKING_HOURS
      --no-loader          leave loader, C and C++ library out and use the target's; refused when
                           the program needs newer ones than provided.al2023 has

    Exit status: 0 the packages are written, 2 one cannot be made (over 50 MB zipped, over 250 MB
    unpacked, no bootstrap, …).
    """

  private static let smoke = """
    martlet smoke URL [--token TOKEN] [--websocket URL] [--message TEXT] [--timeout SECONDS]

    Tries a running stack from outside: GET URL/health, the page, and one turn over the WebSocket
    API that the page names. Certificates are checked.

      --token TOKEN        who asks; better in the environment as MARTLET_TOKEN
      --websocket URL      the WebSocket API, instead of the page's
      --message TEXT       what is asked (What does 食べる mean?)
      --timeout SECONDS    for each of the three (30)

    Exit status: 0 all is well, 2 the command was wrong, 3 health failed, 4 the page failed, 5 the
    turn failed.
    """
}
