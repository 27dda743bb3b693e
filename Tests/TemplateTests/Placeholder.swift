import Testing

@Suite struct PlaceholderTemplateTests {}
