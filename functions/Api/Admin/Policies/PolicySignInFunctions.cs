using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Policies;

/// <summary>Sign-ins of storage policies with OneDrive (contract, section 24). No such policy can be created, so all are refused.</summary>
internal sealed class PolicySignInFunctions
{
    /// <summary>Refuses to begin a sign-in.</summary>
    [Function("AdminPolicyOAuthSignIn")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public static Task<IResult> BeginAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/policy/oauth/signin")] HttpRequest request) => throw NotSupported();

    /// <summary>Refuses to return the address that a sign-in ends at.</summary>
    [Function("AdminPolicyOAuthRedirect")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    public static Task<IResult> RedirectAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/policy/oauth/redirect")] HttpRequest request) => throw NotSupported();

    /// <summary>Refuses to check whether a sign-in is valid.</summary>
    [Function("AdminPolicyOAuthStatus")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    public static Task<IResult> StatusAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/policy/oauth/status/{id}")] HttpRequest request, string id) => Refuse(id);

    /// <summary>Refuses to end a sign-in.</summary>
    [Function("AdminPolicyOAuthCallback")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public static Task<IResult> CompleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/policy/oauth/callback")] HttpRequest request) => throw NotSupported();

    /// <summary>Refuses to find the drive of a SharePoint site.</summary>
    [Function("AdminPolicyOAuthRoot")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    public static Task<IResult> RootAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/policy/oauth/root/{id}")] HttpRequest request, string id) => Refuse(id);

    private static Task<IResult> Refuse(string id)
    {
        AdminId.ParseInt32(id);
        throw NotSupported();
    }

    private static CloudreveException NotSupported() => new(ErrorCode.FeatureDisabled, "OneDrive storage policies are not supported.");
}
