import Testing

@Suite struct PlaceholderAgentTests {}
