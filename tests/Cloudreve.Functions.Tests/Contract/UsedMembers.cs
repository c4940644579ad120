using System.Reflection;
using System.Reflection.Emit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Finds the fields that code reads and the methods that it calls, as its instructions name them.</summary>
internal static class UsedMembers
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>All methods of some assemblies, those that the compiler made included.</summary>
    public static IEnumerable<MethodBase> MethodsOf(params Assembly[] assemblies) =>
        assemblies.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(All).AsEnumerable<MethodBase>().Concat(type.GetConstructors(All)));

    /// <summary>The members that a method reads and calls.</summary>
    public static IEnumerable<MemberInfo> Of(MethodBase method)
    {
        var (types, arguments) = (method.DeclaringType!.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
        foreach (var (operation, token) in Instructions(method))
        {
            if (operation.OperandType is OperandType.InlineMethod or OperandType.InlineField && operation != OpCodes.Stsfld && operation != OpCodes.Stfld)
                yield return method.Module.ResolveMember(token, types, arguments)!;
        }
    }

    /// <summary>The texts that a method holds.</summary>
    public static IEnumerable<string> TextsOf(MethodBase method) => Instructions(method)
        .Where(instruction => instruction.Operation.OperandType == OperandType.InlineString)
        .Select(instruction => method.Module.ResolveString(instruction.Token));

    /// <summary>The instructions with an operand of four bytes, which is a token where it names something.</summary>
    private static IEnumerable<(OpCode Operation, int Token)> Instructions(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
            yield break;
        for (var at = 0; at < code.Length;)
        {
            var value = code[at++];
            var operation = s_codes[value == 0xFE ? unchecked((short)(0xFE00 | code[at++])) : value];
            var size = SizeOf(operation.OperandType, code, at);
            if (size == 4)
                yield return (operation, BitConverter.ToInt32(code, at));
            at += size;
        }
    }

    private static int SizeOf(OperandType operand, byte[] code, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };
}
