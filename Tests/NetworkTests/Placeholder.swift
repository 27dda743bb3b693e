import Testing

@Suite struct PlaceholderNetworkTests {}
