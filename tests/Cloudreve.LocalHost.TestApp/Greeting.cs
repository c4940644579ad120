namespace Cloudreve.LocalHost.TestApp;

/// <summary>A service, to tell workers of one process apart.</summary>
public sealed record Greeting(string Text);
