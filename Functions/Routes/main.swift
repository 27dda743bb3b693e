import LambdaRuntime

Lambda.run(HandlerTable.routes)
