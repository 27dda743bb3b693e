import Testing

@Suite struct PlaceholderEventsTests {}
