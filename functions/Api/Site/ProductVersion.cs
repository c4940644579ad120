namespace Cloudreve.Functions.Api.Site;

/// <summary>The version of the API that this build implements.</summary>
internal static class ProductVersion
{
    /// <summary>Three numbers, as clients and nodes compare them.</summary>
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetName().Version!.ToString(3);
}
