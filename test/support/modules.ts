/** What the modules of the library import and name, read from their syntax. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript6'

const root = join(import.meta.dirname, '../..')
const src = join(root, 'src')

export interface Import {
  /** Relative to `src` where it is a file of the library, else as written. */
  readonly to: string
  readonly inside: boolean
  readonly typeOnly: boolean
}

export interface Module {
  /** Relative to `src`. */
  readonly file: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Every identifier, `a.b` for a member of a plain name, and every string literal; no types. */
  readonly names: ReadonlySet<string>
}

export function readModules(): Module[] {
  return globSync('**/*.ts', { cwd: src })
    .filter((file) => !file.endsWith('.test.ts'))
    .toSorted()
    .map(readModule)
}

function readModule(file: string): Module {
  const path = join(src, file)
  const text = readFileSync(path, 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) imports.push(importOf(node, dirname(path)))
      return
    }
    if (ts.isTypeNode(node)) return
    if (ts.isIdentifier(node)) names.add(node.text)
    if (ts.isStringLiteral(node)) names.add(`'${node.text}'`)
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      names.add(`${node.expression.text}.${node.name.text}`)
    }
    if (ts.isPropertyAccessExpression(node)) return visit(node.expression)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return { file, lines: text.split('\n').length, imports, names }
}

function importOf(node: ts.ImportDeclaration | ts.ExportDeclaration, from: string): Import {
  const written = (node.moduleSpecifier as ts.StringLiteral).text
  const inside = written.startsWith('.')
  const to = inside ? relative(src, join(from, written)) : written
  return { to, inside, typeOnly: isTypeOnly(node) }
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause
    if (node.isTypeOnly) return true
    return !!clause && ts.isNamedExports(clause) && clause.elements.every((each) => each.isTypeOnly)
  }
  const clause = node.importClause
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  if (clause.name || !named || !ts.isNamedImports(named)) return false
  return named.elements.length > 0 && named.elements.every((each) => each.isTypeOnly)
}
