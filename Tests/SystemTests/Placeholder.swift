import Testing

@Suite struct PlaceholderSystemTests {}
