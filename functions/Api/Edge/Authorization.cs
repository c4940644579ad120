using Cloudreve.Core.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Enforces <see cref="AuthRequirement"/>; denies by default.</summary>
internal static class Authorization
{
    /// <summary>Runs the rest of the pipeline if the caller may use the endpoint.</summary>
    /// <param name="context">The request, routed.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <exception cref="CloudreveException">The caller may not.</exception>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return next(context);
        var requirement = ApiEdge.Demand(endpoint.Metadata.GetMetadata<AuthRequirement>());
        if (requirement.Class is AuthClass.Required or AuthClass.Admin)
            throw new CloudreveException(ErrorCode.LoginRequired, "Sign in first.");
        return next(context);
    }
}
