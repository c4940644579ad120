using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Settings;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Finds out who calls and enforces <see cref="RequiresAttribute"/>. With warm caches this takes no storage transaction, otherwise one
/// for the account beside those for settings and groups.
/// </summary>
/// <param name="functions">The declarations of the functions.</param>
/// <param name="bootstrap">Creates the site before its first request.</param>
/// <param name="tokens">Reads access tokens.</param>
/// <param name="entra">Reads access tokens of Microsoft Entra ID, where the app is registered there.</param>
internal sealed class Authorization(
    HttpFunctions functions, SiteBootstrap bootstrap, SettingStore settings, TokenIssuer tokens, UserStore users, SiteCatalog catalog,
    EntraCallers? entra = null) : IFunctionsWorkerMiddleware
{
    private const string Scheme = "Bearer ";

    // "Bearer Cr <signature>" is a machine's call, which its own endpoint checks.
    private const string MachineScheme = "Bearer Cr ";

    /// <inheritdoc/>
    /// <exception cref="CloudreveException">The caller may not use the function.</exception>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        await AdmitAsync(context.GetHttpContext()!, functions.Of(context).Requirement);
        await next(context);
    }

    private async Task AdmitAsync(HttpContext context, RequiresAttribute requirement)
    {
        if (!requirement.WithoutSite)
            await bootstrap.EnsureAsync(context.RequestAborted);
        if (requirement.Class == AuthClass.None)
            return;
        var caller = await IdentifyAsync(context);
        Check(requirement, caller);
        if (requirement.LiveSignIn && !caller.IsAnonymous)
            await RequireHoldingAsync(caller, context.RequestAborted);
        context.Features.Set(new ApiCall(caller with { Client = ClientAddress.Of(ClientAddresses.Of(context)) }, await settings.GetAsync(context.RequestAborted)));
    }

    private async Task<Caller> IdentifyAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || header.StartsWith(MachineScheme, StringComparison.OrdinalIgnoreCase))
            return await AnonymousAsync(context.RequestAborted);
        var grant = await tokens.ReadAccessAsync(header[Scheme.Length..].Trim(), context.RequestAborted);
        if (grant is null && entra is not null)
            grant = await entra.ReadAsync(context);
        if (grant is null || !await tokens.IsGrantedAsync(grant, context.RequestAborted))
            return await AnonymousAsync(context.RequestAborted);
        var user = await users.FindRecentAsync(grant.UserId, context.RequestAborted);
        if (user is { IsBanned: true })
            PasswordSignIn.CheckStatus(user);
        if (user is not { Status: UserStatus.Active } || await catalog.FindGroupAsync(user.GroupId, context.RequestAborted) is not { } group)
            return await AnonymousAsync(context.RequestAborted);
        return new Caller(user, group) { Scopes = grant.Scopes, Session = grant.Session };
    }

    private async Task<Caller> AnonymousAsync(CancellationToken cancellationToken) =>
        new(null, await catalog.GetGroupAsync(Group.AnonymousId, cancellationToken));

    private static void Check(RequiresAttribute requirement, Caller caller)
    {
        if (requirement.Class is AuthClass.Required or AuthClass.Admin)
            caller.RequireUser();
        if (requirement.Class == AuthClass.Admin && !caller.IsAdmin)
            throw new CloudreveException(ErrorCode.NoPermission, "Only administrators may do this.");
        if (requirement.Scope is { } demanded)
            caller.RequireScope(demanded);
        else if (caller.Scopes is not null)
            throw new CloudreveException(ErrorCode.ScopeMissing, "Third-party applications may not use this endpoint.");
    }

    private async Task RequireHoldingAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (await tokens.FindHoldingAsync(caller.UserId, caller.Session, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.CredentialInvalid, "Your sign-in is no longer valid. Please sign in again.");
    }
}
