using System.Reflection;
using System.Xml.Linq;

namespace Cloudreve.Functions.Api.Description;

/// <summary>The summaries of functions, from the documentation file beside the assembly. Without that file there are none.</summary>
internal sealed class MethodSummaries
{
    private readonly Dictionary<string, string> _byMember = new(StringComparer.Ordinal);

    /// <summary>Reads the documentation of an assembly.</summary>
    public MethodSummaries(Assembly assembly)
    {
        var file = Path.ChangeExtension(assembly.Location, ".xml");
        if (!File.Exists(file))
            return;
        foreach (var member in XDocument.Load(file).Descendants("member"))
        {
            // M:Namespace.Type.Method(Parameters)
            if (member.Attribute("name")?.Value is { } name && name.StartsWith("M:", StringComparison.Ordinal) && member.Element("summary") is { } summary)
                _byMember[name[2..].Split('(')[0]] = string.Join(' ', summary.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
    }

    /// <summary>The summary of a method; null when it has none.</summary>
    /// <param name="method">The method, which has no overloads.</param>
    public string? Find(MethodInfo method) => _byMember.GetValueOrDefault($"{method.DeclaringType!.FullName}.{method.Name}");
}
