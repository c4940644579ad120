namespace Cloudreve.Functions.Api.Edge;

/// <summary>Who may call an endpoint (contract, section 5).</summary>
internal enum AuthClass
{
    /// <summary>Anybody; the endpoint does not look at the caller, and a token is not even read.</summary>
    None,

    /// <summary>Anybody; group permissions and ownership decide in the handler.</summary>
    Optional,

    /// <summary>Signed-in users; others get code 401.</summary>
    Required,

    /// <summary>Signed-in users whose group has the administrator permission; others get 401 or 403.</summary>
    Admin,
}

/// <summary>Metadata that every endpoint carries; an endpoint without it is refused.</summary>
/// <param name="Class">Who may call.</param>
/// <param name="Scope">
/// The scope that a token issued to an OAuth client must hold (contract, section 7); null refuses such tokens.
/// </param>
internal sealed record AuthRequirement(AuthClass Class, string? Scope);

/// <summary>Declares who may call an endpoint.</summary>
internal static class AuthRequirementExtensions
{
    /// <summary>Sets who may call the endpoint.</summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="authClass">Who may call.</param>
    /// <param name="scope">The scope that OAuth clients need; null refuses them.</param>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    public static TBuilder Auth<TBuilder>(this TBuilder builder, AuthClass authClass, string? scope = null)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new AuthRequirement(authClass, scope)));
        return builder;
    }
}
