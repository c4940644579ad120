namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Aria2;

/// <summary>An error of aria2. Its message may name addresses and files, so it is not for users.</summary>
/// <param name="message">The message.</param>
internal sealed class Aria2RefusedException(string message) : Exception(message)
{
    private static readonly string[] s_notFound = ["is not found", "not found for GID", "No such download", "Could not remove download result"];

    /// <summary>True if the secret is wrong.</summary>
    public bool IsUnauthorized => Message.Contains("Unauthorized", StringComparison.Ordinal);

    /// <summary>True if there is no such download.</summary>
    public bool IsNotFound => Array.Exists(s_notFound, text => Message.Contains(text, StringComparison.Ordinal));

    /// <summary>True if there is such a download already.</summary>
    public bool IsTaken => Message.Contains("is not unique", StringComparison.Ordinal);
}
