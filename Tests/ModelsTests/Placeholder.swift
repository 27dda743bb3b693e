import Testing

@Suite struct PlaceholderModelsTests {}
