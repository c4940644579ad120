namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Examples of the contract that contradict its own schemas.</summary>
internal static class ExampleContradictions
{
    private static readonly Dictionary<(string Kind, string OperationId, string Name), string[]> s_known = new()
    {
        // The example is of the section basic, but x-sections and behaviour.md 21 give this field to vas.
        [("response", "getSiteSettings", "example")] = ["/data/shop_nav_enabled: is no field of the section basic"],
    };

    /// <summary>The problems that an example is known to have.</summary>
    public static string[] Of(string kind, string operationId, string name) => s_known.GetValueOrDefault((kind, operationId, name), []);
}
