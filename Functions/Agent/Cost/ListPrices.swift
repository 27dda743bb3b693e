extension PriceTable {
  /// List prices of the providers in US dollars per million tokens, written as `MODEL_PRICES` is:
  /// `model=input/output[/cached[/audioInput/audioOutput]]`.
  ///
  /// Looked up on 2026-11-21 in the list of LiteLLM 1.106.2 (model_prices_and_context_window.json).
  /// Compared with Anthropic's page (platform.claude.com/docs/en/about-claude/pricing, October 2026), and
  /// with what others quote of OpenAI's (developers.openai.com/api/docs/pricing, August to November 2026),
  /// Google's (ai.google.dev/gemini-api/docs/pricing, September and October 2026) and Amazon's
  /// (aws.amazon.com/bedrock/pricing, May 2026); prices of speech and of
  /// embeddings stand in LiteLLM's list alone (Gemini's also in blogs of 2026).
  ///
  /// Without discounts and surcharges: batches, priority, regional profiles of Bedrock, prompts over
  /// 100,000 (Haiku 5.5), 200,000 (Gemini Pro) or 272,000 tokens (GPT), writing to a cache. Prices of
  /// Gemini 3.6 to 3.8 Flash double on 2027-01-01. Stand-ins cost nothing.
  package static let standard = PriceTable(date: "2026-11-21", list(lines) ?? [])

  static let lines = [
    openAI, anthropic, google, amazon, embeddings, "martlet-=0/0",
  ].joined(separator: ",")

  private static let openAI = """
    gpt-4o=2.50/10/1.25,gpt-4o-mini=0.15/0.60/0.075,
    gpt-4.1=2/8/0.50,gpt-4.1-mini=0.40/1.60/0.10,gpt-4.1-nano=0.10/0.40/0.025,
    o3=2/8/0.50,o3-mini=1.10/4.40/0.55,o4-mini=1.10/4.40/0.275,
    gpt-5=1.25/10/0.125,gpt-5-mini=0.25/2/0.025,gpt-5-nano=0.05/0.40/0.005,
    gpt-5.1=1.25/10/0.125,gpt-5.2=1.75/14/0.175,
    gpt-5.4=2.50/15/0.25,gpt-5.4-mini=0.75/4.50/0.075,gpt-5.4-nano=0.20/1.25/0.02,
    gpt-5.5=5/30/0.50,
    gpt-5.6=4/20/0.40,gpt-5.6-sol=4/20/0.40,gpt-5.6-terra=2/12/0.20,gpt-5.6-luna=0.20/1.20/0.02,
    gpt-6-astra=10/50/1,gpt-6-sol=2/10/0.20,gpt-6-luna=0.10/0.50/0.01,gpt-6.1-sol=2/10/0.10,
    gpt-audio=2.50/10/2.50/32/64,gpt-audio-1.5=2.50/10/2.50/32/64,
    gpt-audio-mini=0.60/2.40/0.60/10/20,
    gpt-realtime=4/16/0.40/32/64,gpt-realtime-1.5=4/16/0.40/32/64,
    gpt-realtime-2=4/24/0.40/32/64,gpt-realtime-2.1=4/24/0.40/32/64,
    gpt-realtime-mini=0.60/2.40/0.06/10/20,gpt-realtime-2.1-mini=0.60/2.40/0.06/10/20
    """

  private static let anthropic = """
    claude-3-haiku=0.25/1.25/0.03,claude-3-5-haiku=0.80/4/0.08,claude-3-7-sonnet=3/15/0.30,
    claude-haiku-4-5=1/5/0.10,claude-haiku-5-5=0.10/0.50/0.01,
    claude-sonnet-4=3/15/0.30,claude-sonnet-4-5=3/15/0.30,claude-sonnet-4-6=3/15/0.30,
    claude-sonnet-5=2/10/0.20,claude-sonnet-5-5=2/10/0.10,
    claude-opus-4=15/75/1.50,claude-opus-4-1=15/75/1.50,claude-opus-4-5=5/25/0.50,
    claude-opus-4-6=5/25/0.50,claude-opus-4-7=5/25/0.50,claude-opus-4-8=5/25/0.50,
    claude-opus-5=5/25/0.50,claude-opus-5-5=4/20/0.20,
    claude-fable-5=10/50/1,claude-fable-5-1=10/50/0.25
    """

  private static let google = """
    gemini-2.5-flash=0.30/2.50/0.03/1/2.50,gemini-2.5-flash-lite=0.10/0.40/0.01/0.30/0.40,
    gemini-2.5-pro=1.25/10/0.125,
    gemini-3-flash=0.50/3/0.05/1/3,gemini-3.1-flash-lite=0.25/1.50/0.025/0.50/1.50,
    gemini-3.1-pro=2/12/0.20,gemini-3.5-flash=1.50/9/0.15,gemini-3.5-flash-lite=0.30/2.50/0.03,
    gemini-3.6-flash=0.75/3.75/0.075,gemini-3.7-flash=0.75/3.75/0.075,
    gemini-3.8-flash=0.75/3.75/0.075,
    gemini-2.5-flash-native-audio=0.50/2/0.50/3/12,gemini-live-2.5-flash=0.50/2/0.50/3/12,
    gemini-live-2.5-flash-native-audio=0.50/2/0.50/3/12,
    gemini-3.1-flash-live=0.75/4.50/0.75/3/12,gemini-3.8-live=0.75/4.50/0.75/3/12
    """

  private static let amazon = """
    nova-micro=0.035/0.14/0.00875,nova-lite=0.06/0.24/0.015,nova-pro=0.80/3.20/0.20,
    nova-premier=2.50/12.50/0.625,nova-2-lite=0.30/2.50/0.075,nova-2-sonic=0.33/2.75/0.33/3/12
    """

  /// Vectors have no output.
  private static let embeddings = """
    text-embedding-3-small=0.02/0,text-embedding-3-large=0.13/0,text-embedding-ada-002=0.10/0,
    gemini-embedding-001=0.15/0,gemini-embedding-2=0.20/0,
    titan-embed-text-v1=0.10/0,titan-embed-g1-text-02=0.10/0,titan-embed-text-v2:0=0.02/0
    """
}
