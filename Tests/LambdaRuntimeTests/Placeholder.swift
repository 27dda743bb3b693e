import Testing

@Suite struct PlaceholderLambdaRuntimeTests {}
