namespace Cloudreve.Functions.Api.Edge;

/// <summary>The paths of the API.</summary>
internal static class ApiPaths
{
    /// <summary>The first part of every path of the API.</summary>
    public const string Prefix = "/api/v4";

    /// <summary>Checks whether a request is one of the API; routing ignores case, and so does this check.</summary>
    public static bool IsApi(HttpContext http) => http.Request.Path.StartsWithSegments(Prefix, StringComparison.OrdinalIgnoreCase);
}
