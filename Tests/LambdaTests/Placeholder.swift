import Testing

@Suite struct PlaceholderLambdaTests {}
