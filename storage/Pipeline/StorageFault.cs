namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>The effect of a test on one storage call.</summary>
public enum StorageFault
{
    /// <summary>The call goes through.</summary>
    None,

    /// <summary>The process "dies" before the call: it takes no effect and <see cref="SimulatedCrashException"/> is thrown.</summary>
    CrashBefore,

    /// <summary>The process "dies" after the call: it takes effect, but <see cref="SimulatedCrashException"/> is thrown.</summary>
    CrashAfter,

    /// <summary>The service responds with 503 and the call takes no effect; the pipeline retries.</summary>
    Unavailable,

    /// <summary>The call takes effect but its response is replaced by a 500; the pipeline retries.</summary>
    AnswerLost,
}

/// <summary>Thrown by an injected crash. Production code never catches it, as it could not catch a power cut.</summary>
public sealed class SimulatedCrashException() : Exception("Simulated crash at a storage call.");
