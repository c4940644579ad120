namespace Cloudreve.LocalHost.TestApp;

/// <summary>A service that distinguishes the workers of one process.</summary>
public sealed record Greeting(string Text);
