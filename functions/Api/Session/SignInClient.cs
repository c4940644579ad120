using Cloudreve.Core.Accounts.Clients;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session;

/// <summary>Describes the client of a sign-in for the log of activities.</summary>
internal static class SignInClient
{
    /// <summary>Describes the client.</summary>
    /// <param name="method">The method of sign-in.</param>
    public static LoginActivity Describe(HttpContext http, LoginMethod method)
    {
        var agent = UserAgent.Parse(http.Request.Headers.UserAgent.ToString());
        return new LoginActivity
        {
            Ip = ClientAddresses.Of(http)?.ToString() ?? "",
            Browser = agent.Browser,
            Os = agent.Os,
            Device = agent.Device,
            Method = method,
        };
    }
}
