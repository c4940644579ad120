namespace Cloudreve.Benchmarks.WebDav;

/// <summary>A WebDAV server under measurement.</summary>
internal interface IDavServer : IDisposable
{
    /// <summary>What reports call it.</summary>
    string Name { get; }

    /// <summary>A client whose base address is the root for files.</summary>
    HttpClient Client { get; }

    /// <summary>Starts it anew, so that it remembers nothing.</summary>
    Task RestartAsync();
}
