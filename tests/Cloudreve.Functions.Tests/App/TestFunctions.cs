using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Cloudreve.Functions.Api.Edge;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Context.Features;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.App;

/// <summary>Adds HTTP functions of a test, which are static methods, to the app's own.</summary>
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

    private static MethodInfo[] Methods(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly);

    /// <summary>Runs a function of the test: the generated executor knows the app's alone.</summary>
    /// <param name="context">The invocation.</param>
    /// <param name="next">Runs functions of the app.</param>
    public static async Task RunAsync(FunctionContext context, Func<Task> next)
    {
        if (context.InstanceServices.GetServices<IFunctionMetadataTransformer>().OfType<TestFunctions>().FirstOrDefault()?.Find(context) is not { } method)
        {
            await next();
            return;
        }
        var input = await context.Features.Get<IFunctionInputBindingFeature>()!.BindFunctionInputAsync(context);
        try
        {
            context.GetInvocationResult().Value = method.Invoke(null, input.Values);
        }
        catch (TargetInvocationException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }

    private MethodInfo? Find(FunctionContext context) =>
        Methods(type).FirstOrDefault(m => context.FunctionDefinition.EntryPoint == $"{type.FullName}.{m.Name}");
}
