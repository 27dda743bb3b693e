import Testing

@Suite struct PlaceholderRoutesTests {}
