import Testing

@Suite struct PlaceholderGatewayTests {}
