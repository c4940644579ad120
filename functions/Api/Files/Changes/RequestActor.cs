using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Finds the actor of a request.</summary>
internal static class RequestActor
{
    private const string ClientIdHeader = "X-Cr-Client-Id";

    /// <summary>The caller and the client, such as a browser tab, that the request names.</summary>
    internal static Actor Of(HttpContext http, Caller caller) =>
        new(caller.UserId, Guid.TryParse(http.Request.Headers[ClientIdHeader], out var client) ? client.ToString() : null);
}
