using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Devices;

/// <summary>The body of a new WebDAV account, and of a change of one.</summary>
/// <param name="Name">The display name.</param>
/// <param name="Uri">The folder that its clients see as the root.</param>
internal sealed record DavAccountRequest(string Name, [property: LongestUri] string Uri)
{
    /// <summary>True if the account's clients may not change anything.</summary>
    public bool? Readonly { get; init; }

    /// <summary>True if content is streamed through the app.</summary>
    public bool? Proxy { get; init; }

    /// <summary>True if its clients may not create entries whose names begin with a dot.</summary>
    public bool? DisableSysFiles { get; init; }
}
