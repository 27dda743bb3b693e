import Testing

@Suite struct PlaceholderServerTests {}
