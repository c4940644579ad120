using System.Reflection;

namespace Cloudreve.LocalHost;

/// <summary>Options of a test process that hosts a worker of its own.</summary>
public sealed class InProcessHostOptions
{
    /// <summary>The app's assembly; the worker's packages look for generated code in the entry assembly, which this becomes.</summary>
    public required Assembly App { get; init; }

    /// <summary>The folder with the app's assembly and its host.json; every host of a process has to use the same.</summary>
    public string AppDirectory { get; init; } = AppContext.BaseDirectory;

    /// <summary>The largest request body in bytes.</summary>
    public long BodyLimit { get; init; } = 104_857_600;

    /// <summary>The data that durable client bindings receive, as JSON. The default binds, but nothing listens at its address.</summary>
    public string DurableClient { get; init; } =
        """
        {"taskHubName":"InProcess","connectionName":"","rpcBaseUrl":"http://127.0.0.1:1/","requiredQueryStringParameters":"",
        "httpBaseUrl":"http://127.0.0.1:1/","maxGrpcMessageSizeInBytes":4194304}
        """;

    /// <summary>Receives the host's and the worker's log lines; null to drop them.</summary>
    public Action<string>? Log { get; init; }
}
