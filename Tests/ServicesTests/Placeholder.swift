import Testing

@Suite struct PlaceholderServicesTests {}
