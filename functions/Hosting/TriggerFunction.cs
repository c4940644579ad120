using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Hosting;

/// <summary>What a trigger function does with an invocation. A throw fails the invocation.</summary>
/// <param name="request">The payload.</param>
/// <param name="services">A scope that lives as long as the invocation.</param>
/// <param name="cancellationToken">Ends with the caller's patience.</param>
internal delegate Task<InvocationResponse> InvocationHandler(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken);

/// <summary>A function that something other than an HTTP request starts.</summary>
/// <param name="Name">Unique among all functions: the folder of its <c>function.json</c> and the path of its invocations.</param>
/// <param name="Trigger">What starts it.</param>
/// <param name="Handler">What it does.</param>
internal sealed record TriggerFunction(string Name, FunctionBinding Trigger, InvocationHandler Handler)
{
    /// <summary>Bindings beside the trigger.</summary>
    public IReadOnlyList<FunctionBinding> OtherBindings { get; init; } = [];

    /// <summary>The names of inputs that are clients of the task hub.</summary>
    public IEnumerable<string> Clients =>
        OtherBindings.OfType<DurableClient>().Where(binding => binding.Direction == FunctionBinding.In).Select(binding => binding.Name);

    /// <summary>All bindings, the trigger first.</summary>
    public IEnumerable<FunctionBinding> Bindings => [Trigger, .. OtherBindings];
}
