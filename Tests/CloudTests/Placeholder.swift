import Testing

@Suite struct PlaceholderCloudTests {}
