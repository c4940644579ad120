using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>Places in a user's sidebar (contract, section 10).</summary>
internal sealed class PinFunctions(UserStore users)
{
    /// <summary>Pins a place.</summary>
    [Function("PinToSidebar")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> PinAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/file/pin")] HttpRequest request,
        [JsonBody] PinRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var pin = new PinnedPlace(FileUri.Parse(body.Uri).ToString(), string.IsNullOrEmpty(body.Name) ? null : body.Name);
        await users.UpdateAsync(call.Caller.UserId, user => Add(user, pin), cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Removes a pin; does nothing when there is none.</summary>
    [Function("DeletePin")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> UnpinAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/pin")] HttpRequest request,
        [JsonBody] PinRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var uri = FileUri.Parse(body.Uri).ToString();
        await users.UpdateAsync(call.Caller.UserId, user => Remove(user, uri), cancellationToken);
        return ApiResponse.Ok();
    }

    private static User Add(User user, PinnedPlace pin)
    {
        if (user.Settings.Pinned.FirstOrDefault(p => p.Uri == pin.Uri) is { } pinned)
        {
            return (pinned.Name ?? "") == (pin.Name ?? "")
                ? user
                : throw new CloudreveException(ErrorCode.ObjectExists, "This location is already pinned under another name.");
        }
        IReadOnlyList<PinnedPlace> pins = [.. user.Settings.Pinned, pin];
        if (pins.Count > UserSettings.MaxPins || pins.Sum(p => p.Uri.Length + (p.Name?.Length ?? 0)) > UserSettings.MaxPinCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, "Too many pinned locations, or their names are too long.");
        return user with { Settings = user.Settings with { Pinned = pins } };
    }

    private static User Remove(User user, string uri) => user.Settings.Pinned.Any(p => p.Uri == uri)
        ? user with { Settings = user.Settings with { Pinned = [.. user.Settings.Pinned.Where(p => p.Uri != uri)] } }
        : user;
}
