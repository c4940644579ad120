using Cloudreve.Core.Accounts;

namespace Cloudreve.Functions.Api.Users;

/// <summary>A place that a user pinned.</summary>
/// <param name="Uri">File URI.</param>
/// <param name="Name">The user's label; left out when empty, since clients show an empty one instead of the place's own name.</param>
internal sealed record PinResponse(string Uri, string? Name)
{
    /// <summary>Shapes a pin.</summary>
    public static PinResponse Of(PinnedPlace pin) => new(pin.Uri, string.IsNullOrEmpty(pin.Name) ? null : pin.Name);
}
