using System.Reflection;
using System.Text.Json;
using Cloudreve.Functions.Api.Edge;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.App;

/// <summary>Adds HTTP functions of a test to the app's own.</summary>
/// <param name="functions">The functions.</param>
/// <param name="type">The class that has them.</param>
internal sealed class TestFunctions(IReadOnlyList<HttpFunction> functions, Type type) : IFunctionMetadataTransformer
{
    /// <inheritdoc/>
    public string Name => "Tests";

    /// <summary>Adds the functions of a class.</summary>
    /// <param name="services">The app's services, before its own are added.</param>
    /// <param name="type">The class.</param>
    public static void Add(IServiceCollection services, Type type)
    {
        HttpFunction[] functions = [.. Methods(type).Select(HttpFunction.Of).OfType<HttpFunction>()];
        services.AddSingleton<IFunctionMetadataTransformer>(new TestFunctions(functions, type));
        services.AddSingleton(new HttpFunctions([.. new HttpFunctions(typeof(HttpFunction).Assembly).All, .. functions]));
    }

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        foreach (var method in Methods(type))
        {
            if (functions.FirstOrDefault(f => f.Name == HttpFunction.Of(method)?.Name) is not { } function)
                continue;
            original.Add(new DefaultFunctionMetadata
            {
                Language = "dotnet-isolated",
                Name = function.Name,
                EntryPoint = $"{type.FullName}.{method.Name}",
                ScriptFile = Path.GetFileName(type.Assembly.Location),
                RawBindings =
                [
                    JsonSerializer.Serialize(new { name = "request", type = "httpTrigger", direction = "In", authLevel = "Anonymous", methods = function.Methods, route = function.Route }),
                    """{"name":"$return","type":"http","direction":"Out"}""",
                ],
            });
        }
    }

    private static IEnumerable<MethodInfo> Methods(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly);
}
