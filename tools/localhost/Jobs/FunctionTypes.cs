using System.Reflection;
using System.Reflection.Emit;
using Cloudreve.LocalHost.Workers;
using Microsoft.Azure.WebJobs;
using Binder = Microsoft.Azure.WebJobs.Binder;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>Runs a function of the worker on behalf of an emitted method.</summary>
/// <param name="trigger">The trigger's value.</param>
/// <param name="binder">Holds the trigger's data beside its value.</param>
/// <param name="cancellationToken">Asks the function to stop.</param>
/// <returns>The function's return value.</returns>
public delegate Task<object?> TriggerHandler(string function, object trigger, Binder binder, CancellationToken cancellationToken);

/// <summary>
/// Gives the WebJobs SDK what it expects: a class <c>Host.Functions</c> with a static method for each function of the
/// worker, the trigger's attribute on its first parameter.
/// </summary>
internal sealed class FunctionTypes : ITypeLocator
{
    private readonly Type _functions;

    /// <summary>Emits the methods.</summary>
    public FunctionTypes(IEnumerable<FunctionDefinition> functions, TriggerHandler handler)
    {
        var module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Host"), AssemblyBuilderAccess.Run).DefineDynamicModule("Host");
        var type = module.DefineType("Host.Functions", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        var handlerField = type.DefineField("Handler", typeof(TriggerHandler), FieldAttributes.Public | FieldAttributes.Static);
        foreach (var function in functions)
        {
            if (TriggerAttributes.Create(function) is { } attribute)
                Define(type, function, attribute, handlerField);
        }
        _functions = type.CreateType();
        _functions.GetField(handlerField.Name)!.SetValue(null, handler);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Type> GetTypes() => [_functions, typeof(DurableClientInput)];

    private static void Define(TypeBuilder type, FunctionDefinition function, CustomAttributeBuilder attribute, FieldInfo handler)
    {
        // The SDK accepts a return value only if the trigger uses it.
        var returns = function.IsDurable ? typeof(Task<object>) : typeof(Task);
        var value = function.DefersBinding ? typeof(ParameterBindingData) : typeof(string);
        var method = type.DefineMethod(
            function.Name, MethodAttributes.Public | MethodAttributes.Static, returns, [value, typeof(Binder), typeof(CancellationToken)]);
        method.DefineParameter(1, ParameterAttributes.None, function.TriggerName).SetCustomAttribute(attribute);
        method.DefineParameter(2, ParameterAttributes.None, "_binder");
        method.DefineParameter(3, ParameterAttributes.None, "_cancellationToken");
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Ldsfld, handler);
        code.Emit(OpCodes.Ldstr, function.Name);
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Ldarg_2);
        code.Emit(OpCodes.Callvirt, typeof(TriggerHandler).GetMethod(nameof(TriggerHandler.Invoke))!);
        code.Emit(OpCodes.Ret);
    }
}
