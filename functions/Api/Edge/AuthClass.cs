namespace Cloudreve.Functions.Api.Edge;

/// <summary>The callers that a function admits (contract, section 5).</summary>
internal enum AuthClass
{
    /// <summary>Anybody; the function ignores the caller, and a token is not even read.</summary>
    None,

    /// <summary>Anybody; group permissions and ownership decide in the function.</summary>
    Optional,

    /// <summary>Signed-in users; others get code 401.</summary>
    Required,

    /// <summary>Signed-in users whose group has the administrator permission; others get 401 or 403.</summary>
    Admin,
}
