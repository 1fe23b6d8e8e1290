// Package config reads volo.yml, the file that says which IDLs a project uses
// and what to generate from them. The keys are those of the Rust Volo, so that
// one file can be read by people who know either:
//
//	entries:
//	  default:
//	    protocol: thrift           # or protobuf
//	    filename: gen              # folder for generated code, "gen" if absent
//	    repos:                     # git repositories that services name
//	      idl: { url: git@host:team/idl.git, ref: main, lock: 4f1c… } # lock: the commit, written by volo
//	    services:
//	      - idl:
//	          source: local        # or git, with repo: idl
//	          path: idl/echo.thrift
//	          includes: [idl]
//	        codegen_option:
//	          touch: [Audit]       # generate these too, although nothing reaches them
//	          keep_unknown_fields: true
//	          config: { no_service: true }
//	    touch_all: true            # generate everything, reached or not
//	    dedups: [Base]             # several files have it, as copies: write one
//	    special_namings: [IDs]     # user_ids becomes UserIDs
//	    split_generated_files: true
//	    with_descriptor: true      # types and services know their descriptors
//	    with_field_mask: true      # implies with_descriptor
//	    with_comments: false       # true if absent
//	lint:                          # of volo lint, for all IDLs below the file
//	  enable: [documented]         # rules
//	  disable: [required-field]
//	  exclude: [idl/vendor]        # files and folders
//
// Of Protobuf everything is generated, unknown fields are kept, and types have
// descriptors and comments; asking for what only Thrift has is a problem.
//
// A workspace file, [WorkspaceName], has the keys of one entry at its top. What
// Volo calls common_crate_name is the folder of the generated code, "common" if
// absent: types that services share are generated once there, in the packages
// that their namespaces name. crate_name, which names crates, is accepted and
// means nothing. A folder of IDLs that has neither may have the keys of lint in a
// file of their own, [LintName].
//
// Paths are relative to the file, those of git sources to the repository.
// [Parse] reports every problem of a file, not only the first, each with its
// place; a key that nobody reads is a problem, not a wish that goes unheard.
// [File.SetLocks], [File.AddRepo] and [File.AddService] change its text and leave
// what people wrote around the change alone.
package config
