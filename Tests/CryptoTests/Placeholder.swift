import Testing

@Suite struct PlaceholderCryptoTests {}
