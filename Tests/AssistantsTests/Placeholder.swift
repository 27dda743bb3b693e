import Testing

@Suite struct PlaceholderAssistantsTests {}
